"""Wait: the processes in plain words. No rules, no database, no X12: verdicts come from activities and are recorded."""
