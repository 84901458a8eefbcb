"""Collects freely usable photographs from Debian's wallpaper packages.

Needs ``apt-get`` and ``dpkg-deb``; nothing is installed. Only photographs are taken,
no artwork; each package's own terms hold, copied beside them as ``ALBUM.copyright``.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

# Package, folder in it, and file names; {} stands for each name.
LOMIRI = "usr/share/backgrounds/{}.jpg"
MATE = "usr/share/backgrounds/mate/nature/{}.jpg"
PLASMA = "usr/share/wallpapers/{}/contents/images/2560x1600.jpg"
PHOTOGRAPHS = {
    "lomiri-wallpapers-16.04": (
        LOMIRI,
        (
            "Bridge_by_Sander_Klootwijk",
            "Dragonfly_by_Bolly",
            "Picture_0B_by_freespace",
            "Picture_1A_by_freespace",
            "Wine_by_Jakkub_Mede",
            "aitzgorri_by_Aitzol_Berasategi",
            "free_by_Peter_Nerlich",
            "friends_by_Aitzol_Berasategi",
            "greentock_by_Peter_Nerlich",
            "life_by_Aitzol_Berasategi",
            "picosdeeuropa_by_Aitzol_Berasategi",
            "seeding_by_Clements_Engelhardt",
            "sunset_by_Aitzol_Berasategi",
        ),
    ),
    "lomiri-wallpapers-20.04": (LOMIRI, ("Kleiber_by_Lukas_Baubkus",)),
    "mate-backgrounds": (
        MATE,
        (
            "Aqua",
            "Blinds",
            "Dune",
            "FreshFlower",
            "Garden",
            "GreenMeadow",
            "LadyBird",
            "RainDrops",
            "Storm",
            "TwoWings",
            "Wood",
            "YellowFlower",
        ),
    ),
    "plasma-workspace-wallpapers": (
        PLASMA,
        (
            "BytheWater",
            "ColdRipple",
            "ColorfulCups",
            "DarkestHour",
            "EveningGlow",
            "FallenLeaf",
            "Grey",
            "Kite",
            "OneStandsOut",
            "Path",
            "summer_1am",
        ),
    ),
}


def main(folder: Path) -> None:
    """Download the packages and copy the photographs, named ``package__name.jpg``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        run(["apt-get", "download", *PHOTOGRAPHS], work)
        for package, (pattern, names) in PHOTOGRAPHS.items():
            (archive,) = work.glob(f"{package}_*.deb")
            run(["dpkg-deb", "-x", str(archive), package], work)
            album = package.removesuffix("-workspace-wallpapers")
            for photograph in names:
                source = work / package / pattern.format(photograph)
                shutil.copyfile(source, folder / f"{album}__{photograph}.jpg")
            terms = work / package / "usr/share/doc" / package / "copyright"
            shutil.copyfile(terms, folder / f"{album}.copyright")
    print(f"{len(list(folder.glob('*.jpg')))} photographs in {folder}")  # noqa: T201


def run(command: list[str], folder: Path) -> None:
    """Run a program of the system in a folder."""
    subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="made where missing")
    main(parser.parse_args().folder)
