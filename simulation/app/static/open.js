// What is too large is told before it is sent. Without this script the server tells it.
"use strict";
const most = Number(document.getElementById("upload").dataset.most);
for (const input of document.querySelectorAll("input[type=file]"))
  input.addEventListener("change", () => {
    const bytes = [...input.files].reduce((sum, file) => sum + file.size, 0);
    const told = `That is ${(bytes / 1e6).toFixed(1)} MB, and at most ${most / 1e6} MB can be sent: choose the folder of configurations alone.`;
    input.setCustomValidity(bytes > most ? told : "");
    input.reportValidity();
  });
