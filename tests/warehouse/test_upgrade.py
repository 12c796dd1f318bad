"""A warehouse is brought up to date whole or not at all. A failure here means that set-up leaves a broken warehouse."""

from sqlalchemy import Engine, text

from onestop.warehouse import upgrade

_APPLIED = text("select object_name, applied_at from ops.replaceable order by object_name")


def test_upgrading_again_changes_nothing(warehouse_engine: Engine) -> None:
    with warehouse_engine.connect() as connection:
        before = connection.execute(_APPLIED).all()
    assert upgrade(warehouse_engine)
    with warehouse_engine.connect() as connection:
        assert connection.execute(_APPLIED).all() == before
