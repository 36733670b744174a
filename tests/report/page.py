"""Reads a page by Python's own parser and says what is not as it should be; prints the text of it."""
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "hr", "link", "input"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.text, self.seen = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        names = dict(attributes)
        if tag in ("script", "link", "iframe", "object", "embed", "form", "base", "a", "img"):
            self.faults.append(f"element {tag}")
        for name in names:
            if name.startswith("on") or name in ("href", "src", "style", "action", "srcset"):
                self.faults.append(f"attribute {name} of {tag}")
        if tag == "th" and names.get("scope") not in ("col", "row"):
            self.faults.append("a th without a scope")
        if tag == "svg" and not names.get("aria-label"):
            self.faults.append("a picture without words")
        if tag == "html" and names.get("lang") not in ("en", "it"):
            self.faults.append("no language")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} is closed and not open")

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


with open(sys.argv[1], encoding="utf-8") as file:
    source = file.read()
page = Page()
page.feed(source)
page.close()
page.faults += [f"{tag} is not closed" for tag in page.open]
page.faults += ["not one h1"] * (page.seen.count("h1") != 1)
page.faults += ["a table without a caption"] * (page.seen.count("table") != page.seen.count("caption"))
page.faults += ["something from elsewhere"] * bool(re.search(r"@import|url\(", source))
text = "\n".join(page.text)
page.faults += [f"U+{ord(c):04X}" for c in text if c in "\u202e\u202d\u200b\u2066\u0000\u001b\u0007"]
print(text)
for fault in page.faults:
    print(fault, file=sys.stderr)
sys.exit(1 if page.faults else 0)
