// A chosen file is put into the text field, so that it is seen before it is sent, and nothing else is sent.
"use strict";
document.getElementById("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) document.getElementById("text").value = await file.text();
});
