"""The full-text index, in the main database so that a page and its search document are stored in one transaction.

Contentless: the text stands in Page.text only; a document is taken out by giving its old tokens again (indexer.search.sqlite).
The tokens are ours, ASCII and separated by blanks (indexer.search.tokens), so that FTS5's own idea of a word plays no part.
"""

from django.db import migrations

CREATE = "CREATE VIRTUAL TABLE indexer_fts USING fts5(title, text, url, mark, content='', tokenize='ascii')"


class Migration(migrations.Migration):
    dependencies = [("indexer", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP TABLE indexer_fts")]
