"""Both clients do the same: one blocks, one is awaited."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator

import pytest
from pixelwarden import AsyncClient, Client
from pixelwarden.methods import AsyncListed, Awaited, Blocking, Listed


def public(client: type) -> dict[str, object]:
    return {n: m for n, m in vars(client).items() if not n.startswith("_")}


def test_both_have_the_same_methods() -> None:
    assert public(Client).keys() - {"close"} == public(AsyncClient).keys() - {"aclose"}


@pytest.mark.parametrize("name", sorted(public(Client).keys() - {"close"}))
def test_a_method_takes_the_same_and_differs_only_in_being_awaited(name: str) -> None:
    one, other = public(Client)[name], public(AsyncClient)[name]
    if isinstance(one, Blocking | Listed):
        pair = {Blocking: Awaited, Listed: AsyncListed}
        assert isinstance(other, pair[type(one)])
        assert one._describe is other._describe
    else:
        assert inspect.iscoroutinefunction(other)
        assert not inspect.iscoroutinefunction(one)
    signatures = (
        inspect.signature(getattr(client, name)) for client in (Client, AsyncClient)
    )
    first, second = (list(each.parameters) for each in signatures)
    assert first == second
    assert inspect.getdoc(getattr(Client, name))


async def _use(client: AsyncClient) -> None:
    made = client.image("1")
    assert inspect.iscoroutine(made)
    made.close()
    assert isinstance(client.images(), AsyncIterator)


def test_what_they_return_is_awaited_or_not() -> None:
    client = AsyncClient("https://a.example", "pw_x")
    steps = _use(client)
    with pytest.raises(StopIteration):
        steps.send(None)
    with Client("https://a.example", "pw_x") as blocking:
        assert isinstance(blocking.images(), Iterator)
