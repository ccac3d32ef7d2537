"""The register of people and units: one number for life, one base record, one way to change it.

Every later line refers to a person by ``person_no`` and to a unit by ``unit_no``, asks ``selectors`` for what they are
called, and changes nothing here but through the register's own cases.
"""
