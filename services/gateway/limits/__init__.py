"""What a tenant may ask for: requests per minute (token buckets in Redis), and exams, pages, tokens and money per month."""
