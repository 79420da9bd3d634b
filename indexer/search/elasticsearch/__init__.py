"""The search index on an Elasticsearch cluster: made from the stored pages, followed by their changes, thrown away at will."""
