// SPDX-License-Identifier: MIT
/* Carries the messages of /dev/board to the machine that plays the board, and back, until the power goes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int copy(int from, int to)
{
	static char bytes[8192];

	for (;;) {
		ssize_t got = read(from, bytes, sizeof(bytes)), sent = 0, now;

		if (got < 0)
			return 1;
		if (got == 0)
			usleep(10000); /* nobody is at the other end of the port */
		for (; sent < got; sent += now)
			if ((now = write(to, bytes + sent, got - sent)) <= 0)
				return 1;
	}
}

int main(int count, char **words)
{
	int board = open("/dev/board", O_RDWR), port = count > 1 ? open(words[1], O_RDWR) : -1;
	static const char hello[8] = "H";

	if (board < 0 || port < 0) {
		perror("board-bridge");
		return 1;
	}
	words[0][0] = '@'; /* systemd leaves such processes alive to the end */
	if (write(port, hello, sizeof(hello)) != sizeof(hello))
		return 1;
	return fork() ? copy(board, port) : copy(port, board);
}
