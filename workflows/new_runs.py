"""When a workflow goes on as a new run, and with which build."""

from temporalio import workflow

CURRENT_BUILD = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
"""A new run takes the build that is current now. Left unsaid, it would inherit that of the run before it, whose workers
could never be drained."""


def is_new_run_due() -> bool:
    """Whether the history is long, or a newer build waits for this workflow."""
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.is_target_worker_deployment_version_changed()
