"""wpa_supplicant as a station: its control sockets, its file, and the actor that joins networks by both."""
