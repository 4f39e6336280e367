"use strict";

const { kind, count } = document.body.dataset;
const todo = document.getElementById("todo");
const socket = io({ transports: ["websocket"], auth: { kind, count: Number(count) } });

function makeRow({ id, text }) {
  const row = document.createElement("div");
  row.id = `todo${id}`;
  const paragraph = document.createElement("p");
  paragraph.id = `todoText${id}`;
  paragraph.textContent = text;
  const button = document.createElement("button");
  button.id = `todo${id}`;
  button.addEventListener("click", () => socket.emit("remove", id));
  button.textContent = "Remove";
  row.append(paragraph, button);
  return row;
}

function emitText() {
  const next = document.getElementById("next");
  socket.emit("add", next.value);
  next.value = "";
}

if (kind === "count") {
  const shown = document.getElementById("shown");
  document.getElementById("click").addEventListener("click", () => socket.emit("click"));
  socket.on("clicked", (clicks) => {
    shown.textContent = clicks;
  });
} else if (kind !== "idle") {
  socket.on("rows", (rows) => {
    const fragment = document.createDocumentFragment();
    for (const row of rows) {
      fragment.append(makeRow(row));
    }
    document.getElementById("loadingBar").remove();
    todo.append(fragment);
  });
  socket.on("added", (row) => todo.append(makeRow(row)));
  socket.on("removed", (id) => document.getElementById(`todo${id}`).remove());
  socket.on("changed", (changes) => {
    for (const [id, text] of changes) {
      document.getElementById(`todoText${id}`).textContent = text;
    }
  });
  document.getElementById("add").addEventListener("click", emitText);
  document.getElementById("quick").addEventListener("click", emitText);
  document.getElementById("change").addEventListener("click", () => socket.emit("change"));
}
