"""What happened to simulated patients, arm beside arm: one patient's story in words, and a day to watch."""
