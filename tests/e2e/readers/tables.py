"""Reads tables with DuckDB and with pyarrow, and prints as JSON what both say of them.

  PYTHONPATH=... python3 tables.py JSON_LINES CSV
"""
import json
import sys

import duckdb
import pyarrow.compute
import pyarrow.csv
import pyarrow.json

lines, csv = sys.argv[1:]
duck = duckdb.sql(f"SELECT count(*), sum(bytes), count(DISTINCT id) FROM read_json_auto('{lines}') WHERE row = 'object'").fetchall()[0]
table = pyarrow.json.read_json(lines)
objects = table.filter(pyarrow.compute.equal(table["row"], "object"))
arrow = [objects.num_rows, pyarrow.compute.sum(objects["bytes"]).as_py(), pyarrow.compute.count_distinct(objects["id"]).as_py()]
duck_csv = duckdb.sql(f"SELECT count(*), sum(size), sum(address)::VARCHAR FROM read_csv('{csv}')").fetchall()[0]
rows = pyarrow.csv.read_csv(csv)
arrow_csv = [rows.num_rows, pyarrow.compute.sum(rows["size"]).as_py(), str(sum(rows["address"].to_pylist()))]
print(json.dumps({"lines": {"duckdb": [int(n) for n in duck], "pyarrow": arrow},
                  "csv": {"duckdb": [*map(int, duck_csv[:2]), duck_csv[2]], "pyarrow": arrow_csv}}))
