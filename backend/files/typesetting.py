"""Typeset PDF files with typst."""

from pydantic_core import to_json


def typeset(source: bytes, **inputs: object) -> bytes:
    """Return a PDF that screen readers can read. The source finds each input as JSON in `sys.inputs`.

    It takes up to a third of a second of processor time a page, so it is called in a thread.
    """
    import typst  # 7 MiB, which only processes that print need

    return typst.compile(
        source,
        # Only the fonts that come with typst, so that a page looks the same on every machine.
        font_paths=typst.Fonts(include_system_fonts=False),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        sys_inputs={name: to_json(value).decode() for name, value in inputs.items()},
    )
