"""What the pipeline itself costs, beside a Celery chain: `python -m bench.pipeline_overhead`."""
