# SPDX-License-Identifier: GPL-2.0
"""carveoutlib - reads and writes the debugfs files of carveouts, and shows what they say.

    debugfs     the files, and errors that say what would be right
    parse       the text of each file as data
    snapshot    all data of one carveout, as the other modules use it
    text, svg   tables, units and colours; pictures
    show, control, top, bench, report, export      the subcommands
    main        the command line

carveoutctl and scripts/bench use it. Only the standard library of Python 3.11 is needed.
"""
