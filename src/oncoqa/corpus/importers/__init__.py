"""Other formats into release files. The path of an import:

bytes ─ read (worker.py: html, pdf, docx, plain, feeds) ─ Found ─ structure.py ─ Draft
      ─ library.py (known already? a new version?) ─ Plan, shown for review ─ corpus/<id>.md
"""
