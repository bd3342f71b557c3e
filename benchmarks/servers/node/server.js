// The reference design: Express and Socket.IO, a JWT at the door, one `io.emit` a change. Arguments: port, JWT key.
"use strict";

const http = require("node:http");
const express = require("express");
const jwt = require("jsonwebtoken");
const { Server } = require("socket.io");

const [port, key] = process.argv.slice(2);
const device = {
  id: "0123456789abcdef0123",
  type: "number",
  name: "Level",
  online: true,
  traits: { level: { min: 0, max: 1000, step: 1 } },
  state: { level: { value: 0 } },
};
let seq = 0;

const app = express();
app.get("/devices", (_request, response) => response.json({ success: true, devices: [device] }));
const server = http.createServer(app);
const io = new Server(server, { allowEIO3: true, cors: { origin: ["https://website.example"], credentials: true } });

io.use((socket, next) => {
  jwt.verify(socket.handshake.auth.token ?? "", key, { algorithms: ["HS256"] }, (error) => next(error ?? undefined));
});

io.on("connection", (socket) => {
  socket.emit("snapshot", { epoch: "reference", seq, devices: [device] });
  socket.on("command", (command, answer) => {
    device.state.level.value = command.params.value;
    seq += 1;
    io.emit("state", { seq, id: device.id, online: true, state: { level: { value: device.state.level.value } } });
    answer({ id: command.id, status: "done" });
  });
  socket.on("storm", storm);
});

// Many changes in one turn of the loop, as when a whole home is switched.
function storm(count) {
  for (let index = 0; index < count; index += 1) {
    seq += 1;
    io.emit("state", { seq, id: device.id, online: true, state: { on_off: { on: index % 2 === 0 } } });
  }
}

server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
