"""Generated kernels of the tests stay out of the user's cache folder."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def kernels_in_a_folder_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNBRAID_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
