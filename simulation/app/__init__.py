"""The app: a question in a browser, answered while the reader looks (`aeflow app`). Starlette, server-sent events.

It stands on the public names of the package: the model, its intervals and its sentences are not stated again. What is
asked is the address of the page (`asked`), of a department that can be chosen (`departments`) and changed (`controls`).
The work is done in a session that every visitor shares (`session`), what takes long in the background (`background`). A
page is a template (`pages`), what an answer says is in `answer`; `server` puts them together and keeps strangers out.

Reading order: `departments`, `asked`, `session`, `background`, `answer`, `pages`, `server`.
"""
