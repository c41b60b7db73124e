"""What the gateway knows of its tenants: what they may, what they use, how long their exams are kept, and their keys."""
