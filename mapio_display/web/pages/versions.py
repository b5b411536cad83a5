"""Which of two versions is the older."""


def is_older(version: str, than: str) -> bool:
    """Compare the numbers at the front of two versions ("v1.10.2-rc1" → 1, 10, 2); without numbers nobody can say."""
    ours, theirs = _numbers(version), _numbers(than)
    return bool(ours and theirs) and ours < theirs


def _numbers(version: str) -> list[int]:
    head = version.lstrip("v").partition("-")[0].partition("+")[0]
    numbers = [int(part) if part.isdecimal() else 0 for part in head.split(".")]
    while numbers and numbers[-1] == 0:  # 1.3 is no older than 1.3.0
        numbers.pop()
    return numbers
