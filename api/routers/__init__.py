"""One router per resource, and the workbench's pages."""
