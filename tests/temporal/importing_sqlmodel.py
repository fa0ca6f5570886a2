"""A workflow file that imports a database library without passing it through: the plugin must refuse it."""

import sqlmodel
from temporalio import workflow


@workflow.defn
class Careless:
    @workflow.run
    async def run(self) -> str:
        return sqlmodel.__name__
