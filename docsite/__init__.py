"""What makes the documentation site of docs/*.md: run by `make docs`, and looked at by tests/docs.

markdown     the links, headings and blocks of code of a page
navigation   which page stands where
repository   the pages, and the files outside of docs/ that they link to, which the site shows too
reference    pages made from the docstrings of the package and from the options of the command line
hook         what mkdocs calls

All but the hook is plain Python that needs no mkdocs.
"""
