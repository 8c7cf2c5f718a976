"""Made A&E departments of other code than the product's: records, mostly with dirt, whose truth is known.

Nothing here imports `simulation`; the product is run by its commands alone, in `product.py`.

- `departments.py`: what each department is, with the source of every number
- `engine.py`: a discrete-event simulation, in one loop
- `exports.py`: two years of records as their hospitals would export them
- `dirt.py`: what goes wrong in exports, each kind by one function that counts
- `truths.py`, `truths.yaml`: true figures, and true effects from 50 paired years
- `product.py`, `judge.py`: what the product makes of the files, beside the truth
- `forty.py`: forty small files of dirt that no reader was written for; `forty_more.py`, `forty_third.py`: further ones
"""
