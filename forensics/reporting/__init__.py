"""The evidence report: what one analysis found, so that others can check it.

Written here is what is known of an image and its analysis; ``moderation.reports``
adds what people decided and prints it. The format: ``docs/evidence-report.md``.
"""
