"""Facts become words of the index beside those of the text, and a sample of the documents has an index of its own.

Both are empty after this: indexer.tables fills them from the pages that are stored.
"""

from django.db import migrations

COLUMNS = "fts5(title, text, rest, content='', tokenize='ascii')"
OLD = "CREATE VIRTUAL TABLE indexer_fts USING fts5(title, text, url, mark, content='', tokenize='ascii')"


class Migration(migrations.Migration):
    dependencies = [("indexer", "0005_indexed")]
    operations = [
        migrations.RunSQL("DROP TABLE indexer_fts", OLD),
        migrations.RunSQL(f"CREATE VIRTUAL TABLE indexer_fts USING {COLUMNS}", "DROP TABLE indexer_fts"),
        migrations.RunSQL(f"CREATE VIRTUAL TABLE indexer_sample USING {COLUMNS}", "DROP TABLE indexer_sample"),
    ]
