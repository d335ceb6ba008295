"""Records from a file: an export of HubSpot as it is, or any table with a column of record ids."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.hubspot.export_headings import match_headings
from hsai_kit.hubspot.objects import find_object_type
from hsai_kit.hubspot.properties import Property, read_properties
from hsai_kit.runtime import background
from hsai_kit.runtime.progress import say
from hsai_kit.tabular.provenance import find_id_column, read_record_ids
from hsai_kit.tabular.table_files import read_table


def read_export(hub: Connection, path: str | Path, object_type: str) -> pd.DataFrame:
    """Return the records of a CSV or Excel file as texts: the index is `record_id`, columns are internal names.

    Headings may be internal names, labels of this portal, or what HubSpot's exports in German, French, Spanish and
    Japanese have; other columns keep their own. Says which columns were told apart by guess or not at all. Raises
    FrameError where the file cannot be read, or has no record ids.
    """
    frame = read_table(path)
    column = find_id_column(frame)
    frame.index = pd.Index(read_record_ids(frame), dtype="string", name="record_id")
    frame = frame.drop(columns=[column] if column else [])

    async def read() -> dict[str, Property]:
        kind = await find_object_type(hub.hubspot, object_type)
        return await read_properties(hub.hubspot, kind.name)

    names, remarks = match_headings(map(str, frame.columns), background.run(read()))
    for remark in remarks:
        say(remark)
    # A column that is called as a property and is another one's heading would be there twice.
    return frame.rename(columns=names)
