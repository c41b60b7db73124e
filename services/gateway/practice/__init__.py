"""Practice papers: the tenant's item bank, papers composed of it, their keys and the templates that grade them."""
