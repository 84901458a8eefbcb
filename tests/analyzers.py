"""The checks of the default pipeline, in their order: part of what clients rely on."""

ANALYZERS = [
    "ela",
    "metadata",
    "cnn",
    "localizer",
    "copy_move",
    "double_jpeg",
    "jpeg_ghosts",
    "jpeg_history",
    "jpeg_structure",
    "watermark",
    "spectrum",
    "provenance",
    "noise",
    "resampling",
    "filtering",
]
