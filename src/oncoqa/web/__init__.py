"""The site: the HTTP contract and the pages. `app.create_app` puts it together."""
