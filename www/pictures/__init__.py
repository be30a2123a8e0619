"""Pictures: smaller copies of them, what is known of them, and originals without their metadata.

    formats      which files are pictures here, in which widths and formats copies are made
    placeholder  six blurred cells in nine digits, shown by CSS classes until the picture has come
    worker       the process in which hostile bytes are decoded; limits, vips: what it consists of
    pool         starts such processes, gives them work, kills them, ends the idle ones
    cache        made pictures in the data folder, bounded in size
    maker        Pictures: the four together, each picture made once however many ask
    cleaning/    which bytes of an original are metadata, per file format
    outline      what is fetched of a film that lies in a bucket
    pieces       an original without those bytes, read as if it were a file of its own

Nothing is imported here: the worker is one of these modules and stays small.
"""
