"""How a bundle comes onto the data partition: the store, what fills it, and the use case of taking one in.

One thread takes a bundle from its source to the disk, so nothing is gathered between the two: a disk that is slow holds
up the source itself. The event loop looks at how far it is four times a second.
"""
