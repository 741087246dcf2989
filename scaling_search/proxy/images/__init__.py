"""Sets of images that people bring: folders, parquet files and sets of the hub."""
