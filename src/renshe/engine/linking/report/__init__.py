"""What people read of a link run: ``report.html``, and the review queue as a workbook.

Business rule: issue 4 asks how many persons there really are, what is doubled in each system, where systems overlap and
what waits for a clerk; 白社保〔2021〕22号 that what is found be listed, verified and handled on record.

Invariant: the page holds no personal data that is not masked; every file is its owner's alone (0600).
"""
