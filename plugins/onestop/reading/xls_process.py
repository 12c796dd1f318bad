"""Reads an XLS workbook from its standard input by calamine, in a process of its own; `workbook_format` runs this file.

calamine ends the whole process for some damaged workbooks (it panics, or asks for memory without measure), so here it
has a process to end, and bounds of its own. Arguments: `sheets`, or `rows` and the number of a sheet. Writes a line of
JSON for each sheet (name, whether it is shown) or row (texts); for a bad workbook ends with 3 and says why.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

MOST_MEMORY_BYTES = 1 << 30
MOST_SECONDS = 120
BAD_FILE = 3


def main() -> int:
    """Do what the arguments say, and return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine  # noqa: PLC0415 - within the bounds

    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=False)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        if sys.argv[1] == "sheets":
            visible = python_calamine.SheetVisibleEnum.Visible
            for sheet in book.sheets_metadata:
                out.write(json.dumps([sheet.name, sheet.visible == visible]) + "\n")
        else:
            for row in book.get_sheet_by_index(int(sys.argv[2])).iter_rows():
                out.write(json.dumps(list(map(text_of, row)), ensure_ascii=True) + "\n")
        out.flush()
    except BrokenPipeError:
        return BAD_FILE
    except Exception as error:  # noqa: BLE001 - whatever it is, the file is at fault, and nobody else is here to tell
        sys.stderr.write(f"{type(error).__name__}: {error}"[:300])
        return BAD_FILE
    return 0


def text_of(cell: object) -> str:
    """Return a cell as text: a date as ISO 8601 without offset, a whole number without a fraction."""
    if isinstance(cell, str):
        return cell
    match cell:
        case None:
            text = ""
        case bool():
            text = "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            text = str(int(cell))
        case datetime():
            text = cell.isoformat(timespec="seconds")
        case date():
            text = f"{cell.isoformat()}T00:00:00"
        case time():
            text = cell.isoformat()
        case timedelta():
            text = str(cell.total_seconds() / 86400)
        case _:
            text = str(cell)
    return text


if __name__ == "__main__":
    sys.exit(main())
