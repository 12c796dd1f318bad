"""The peer everybody writes first: the whole month in a frame, `to_sql`, no versions, no quarantine table by rule.

Run as a process of its own: `naive_pandas.py DATABASE_URL CSV`; prints one line of JSON with its figures.
"""

from __future__ import annotations

import json
import sys

import pandas as pd
import sqlalchemy as sa

TIMES = ("NgayNopHoSo", "NgayTiepNhan", "NgayHenTra", "NgayKetThucXuLy", "NgayTra")


def main(url: str, csv_file: str) -> None:
    """Load, check, deduplicate, aggregate, write."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg2:", 1))
    frame = pd.read_csv(csv_file, dtype=str, keep_default_na=False)
    for name in TIMES:
        frame[name] = pd.to_datetime(frame[name], format="mixed", dayfirst=True, errors="coerce")
    frame["channel"] = frame["KenhThucHien"].map({"1": "direct", "2": "online", "3": "post"})
    frame["fee_amount"] = pd.to_numeric(frame["LePhi"], errors="coerce")
    bad = (
        frame["NgayTiepNhan"].isna()
        | frame["channel"].isna()
        | (frame["NgayKetThucXuLy"] < frame["NgayTiepNhan"])
        | (frame["TrangThaiHoSo"].isin(["9", "10"]) & frame["NgayKetThucXuLy"].isna())
    )
    frame[bad].to_sql("naive_quarantine", engine, if_exists="replace", index=False)
    good = frame[~bad].drop_duplicates(["DonViXuLy", "MaHoSo"], keep="last")
    good = good.drop(columns=["ChuHoSo", "SoGiayTo", "Email", "SoDienThoai"])
    good.to_sql("naive_dossier", engine, if_exists="replace", index=False)
    resolved = good[good["TrangThaiHoSo"].isin(["9", "10"])]
    table = (
        resolved.assign(online=resolved["channel"].eq("online"))
        .groupby("DonViXuLy")
        .agg(numerator=("online", "sum"), denominator=("online", "size"))
        .reset_index()
    )
    table.to_sql("naive_compliance", engine, if_exists="replace", index=False)
    print(json.dumps({"numerator": int(table["numerator"].sum()), "denominator": int(table["denominator"].sum())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
