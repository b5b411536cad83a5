"""How figures and sizes are written."""

SENTENCES = {
    "number.point": ".",
    "amount": "{number} {unit}",
    "unit.B": "B",
    "unit.kB": "kB",
    "unit.MB": "MB",
    "unit.GB": "GB",
    "unit.TB": "TB",
}
