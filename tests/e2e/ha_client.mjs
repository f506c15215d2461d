// Home Assistant's own WebSocket client, driven by lines on standard input
// ("ping", "subscribe", "close"). It prints a line of JSON for whatever
// happens. Usage: node ha_client.mjs URL TOKEN

import * as readline from "node:readline";
import {
	createConnection,
	createLongLivedTokenAuth,
} from "home-assistant-js-websocket";
import { WebSocket } from "ws";

const [url, token] = process.argv.slice(2);

// Every name is this machine: the names of the tests are in no DNS.
const lookup = (_name, options, done) =>
	options.all
		? done(null, [{ address: "127.0.0.1", family: 4 }])
		: done(null, "127.0.0.1", 4);

globalThis.WebSocket = class extends WebSocket {
	constructor(address, protocols) {
		super(address, protocols, { lookup });
	}
};

function print(event, more = {}) {
	console.log(JSON.stringify({ event, ...more }));
}

let connection;
try {
	connection = await createConnection({
		auth: createLongLivedTokenAuth(url, token),
	});
} catch (error) {
	print("failed", { error });
	process.exit(1);
}
for (const event of ["ready", "disconnected", "reconnect-error"])
	connection.addEventListener(event, () => print(event));
print("ready", { version: connection.haVersion });

const commands = {
	async ping() {
		await connection.ping();
		print("pong");
	},
	async subscribe() {
		await connection.subscribeEvents(
			({ data }) => print("event", data), "time_changed");
		print("subscribed");
	},
	async close() {
		connection.close();
		print("closed");
		process.exit(0);
	},
};

for await (const line of readline.createInterface({ input: process.stdin }))
	commands[line]().catch((error) => print("error", { error }));
process.exit(0);
