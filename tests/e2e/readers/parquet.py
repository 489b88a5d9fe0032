"""Reads Parquet files with DuckDB and with pyarrow, and prints as JSON what both say: names of columns, their types, rows.

  PYTHONPATH=... python3 parquet.py FILE
"""
import json
import sys

import duckdb
import pyarrow.parquet

file, = sys.argv[1:]


def shown(value):
    return f"X'{value.hex().upper()}'" if isinstance(value, bytes) else value


duck = duckdb.sql(f"SELECT * FROM read_parquet('{file}')")
arrow = pyarrow.parquet.ParquetFile(file)
table = arrow.read()
print(json.dumps({
    "duckdb": {"names": duck.columns, "types": list(map(str, duck.types)), "rows": [list(map(shown, row)) for row in duck.fetchall()]},
    "pyarrow": {"names": table.column_names, "types": [str(field.type) for field in table.schema],
                "rows": [list(map(shown, row)) for row in zip(*(column.to_pylist() for column in table.columns))], "groups": arrow.num_row_groups},
}))
