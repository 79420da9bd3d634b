"""The same elsewhere: what pages have in common that tells of one operator or one template, and the links that follow from it."""
