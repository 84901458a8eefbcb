"""Makes methods of the clients out of operations, with the same arguments and types."""

from __future__ import annotations

from functools import update_wrapper
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    ParamSpec,
    Protocol,
    TypeVar,
    overload,
)

from pixelwarden.decoding import Resource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from pixelwarden.calls import Listing
    from pixelwarden.protocol import Steps

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=Resource)


class Carrier(Protocol):
    """Carries operations out, blocking."""

    def carry_out(self, steps: Steps[T]) -> T: ...  # noqa: D102


class AsyncCarrier(Protocol):
    """Carries operations out, for asyncio."""

    async def carry_out(self, steps: Steps[T]) -> T: ...  # noqa: D102


class Blocking(Generic[P, T]):
    """Makes a method of ``Client`` out of an operation."""

    def __init__(self, describe: Callable[P, Steps[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Steps[T]]: ...
    @overload
    def __get__(self, client: Carrier, owner: type) -> Callable[P, T]: ...
    def __get__(
        self, client: Carrier | None, owner: type
    ) -> Callable[P, Steps[T]] | Callable[P, T]:
        if client is None:
            return self._describe  # what help(Client) shows

        def call(*args: P.args, **named: P.kwargs) -> T:
            return client.carry_out(self._describe(*args, **named))

        return update_wrapper(call, self._describe)


class Awaited(Generic[P, T]):
    """Makes a method of ``AsyncClient`` out of an operation."""

    def __init__(self, describe: Callable[P, Steps[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Steps[T]]: ...
    @overload
    def __get__(
        self, client: AsyncCarrier, owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(
        self, client: AsyncCarrier | None, owner: type
    ) -> Callable[P, Steps[T]] | Callable[P, Coroutine[Any, Any, T]]:
        if client is None:
            return self._describe  # what help(Client) shows

        async def call(*args: P.args, **named: P.kwargs) -> T:
            return await client.carry_out(self._describe(*args, **named))

        return update_wrapper(call, self._describe)


class Listed(Generic[P, R]):
    """Makes a method of ``Client`` that walks through all pages of a list."""

    def __init__(self, describe: Callable[P, Listing[R]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Listing[R]]: ...
    @overload
    def __get__(self, client: Carrier, owner: type) -> Callable[P, Iterator[R]]: ...
    def __get__(
        self, client: Carrier | None, owner: type
    ) -> Callable[P, Listing[R]] | Callable[P, Iterator[R]]:
        if client is None:
            return self._describe  # what help(Client) shows

        def call(*args: P.args, **named: P.kwargs) -> Iterator[R]:
            found = self._describe(*args, **named)
            rows, link = client.carry_out(found.page())
            yield from rows
            while link:
                rows, link = client.carry_out(found.page(link))
                yield from rows

        return update_wrapper(call, self._describe)


class AsyncListed(Generic[P, R]):
    """Makes a method of ``AsyncClient`` that walks through all pages of a list."""

    def __init__(self, describe: Callable[P, Listing[R]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Listing[R]]: ...
    @overload
    def __get__(
        self, client: AsyncCarrier, owner: type
    ) -> Callable[P, AsyncIterator[R]]: ...
    def __get__(
        self, client: AsyncCarrier | None, owner: type
    ) -> Callable[P, Listing[R]] | Callable[P, AsyncIterator[R]]:
        if client is None:
            return self._describe  # what help(Client) shows

        async def call(*args: P.args, **named: P.kwargs) -> AsyncIterator[R]:
            found = self._describe(*args, **named)
            rows, link = await client.carry_out(found.page())
            for row in rows:
                yield row
            while link:
                rows, link = await client.carry_out(found.page(link))
                for row in rows:
                    yield row

        return update_wrapper(call, self._describe)
