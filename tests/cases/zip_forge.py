"""Copies a zip and spoils it in one way: zip_forge.py IN OUT KIND. All else is, byte for byte, as `mmar pack --zip` writes it."""
import struct
import sys
import zipfile
import zlib


class Entry:
    def __init__(self, name, data=b"", **other):
        self.name, self.data = name if isinstance(name, bytes) else name.encode(), data
        self.local_name, self.flags, self.method, self.mode = self.name, 0x800, 0, 0o100644
        self.crc, self.packed, self.size = zlib.crc32(data), None, None
        self.local, self.extra, self.local_extra, self.behind, self.offset = {}, b"", b"", b"", None
        self.__dict__.update(other)

    def head(self, central):
        size = len(self.data) if self.size is None else self.size
        said = {"crc": self.crc, "packed": len(self.data) if self.packed is None else self.packed, "size": size}
        if not central:
            said.update(self.local)
        name, extra = (self.name, self.extra) if central else (self.local_name, self.local_extra)
        return struct.pack("<HHHIIIIHH", 20, self.flags, self.method, 0x210000, said["crc"] & 0xFFFFFFFF, said["packed"],
                           said["size"], len(name), len(extra)), name, extra

    def write_local(self):
        head, name, extra = self.head(False)
        return b"PK\3\4" + head + name + extra + self.data + self.behind

    def write_central(self, offset):
        head, name, extra = self.head(True)
        where = offset if self.offset is None else self.offset
        return b"PK\1\2" + struct.pack("<H", 0x314) + head + struct.pack("<HHHII", 0, 0, 0, self.mode << 16, where) + name + extra


class Zip:
    def __init__(self, path):
        with zipfile.ZipFile(path) as source:
            self.entries = [Entry(i.filename, source.read(i), mode=i.external_attr >> 16) for i in source.infolist()]
        self.before, self.after, self.comment, self.count = b"", b"", b"", None

    def find(self, ending):
        return next(e for e in self.entries if e.name.endswith(ending.encode()))

    def write(self, path):
        body, offsets = b"", []
        for entry in self.entries:
            offsets.append(len(body))
            body += entry.write_local()
        directory = b"".join(e.write_central(o) for e, o in zip(self.entries, offsets))
        count = len(self.entries) if self.count is None else self.count
        end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), len(self.comment))
        with open(path, "wb") as out:
            out.write(self.before + body + directory + end + self.comment + self.after)


NAMES = {  # an entry of this name is added
    "traversal": "../evil", "traversal-inside": "docs/../../evil", "absolute": "/tmp/evil-absolute", "drive": "C:/evil",
    "drive-stream": "docs/a.md:evil", "backslash": "docs\\..\\evil", "nul": "docs/a\0.md", "control": "docs/a\x1b[2J.md",
    "newline": "docs/a\nb.md", "part-too-long": "docs/" + "a" * 300, "name-too-long": "docs/" + "a/" * 600 + "b", "deep": "docs/" + "a/" * 40 + "b",
    "not-utf8": b"docs/\xff\xfe.md", "overlong-utf8": b"docs/\xc0\xae\xc0\xae/evil", "surrogate": b"docs/\xed\xa0\x80", "git": ".git/config",
    "dot": "docs/.", "empty-part": "docs//a.md", "trailing-dot": "docs/a.", "right-to-left": "docs/a\u202egpj.md", "nfd": "docs/e\u0301.md",
    "hangul": "docs/\u1112\u1161\u11ab.md", "zero-width": "docs/a\u200bb.md",
}


def pair(z, first, second):
    z.entries += [Entry(first, b"one"), Entry(second, b"two")]


def bomb(z):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"\0" * (300 << 20)) + packer.flush()
    z.entries.append(Entry("docs/zeros.md", packed, method=8, size=300 << 20, crc=0))


def overlap(z):
    inner = Entry("docs/inner.md", b"inner").write_local()
    place = sum(len(e.write_local()) for e in z.entries)
    outer = Entry("docs/outer.md", inner)
    z.entries += [outer, Entry("docs/inner.md", b"inner", offset=place + 30 + len(outer.name))]


def spoil(z, kind):
    train = z.find("config/config_train.json")
    if kind in NAMES:
        z.entries.append(Entry(NAMES[kind], b"evil"))
    elif kind == "none":
        pass
    elif kind == "twice":
        pair(z, "docs/twice.md", "docs/twice.md")
    elif kind == "case":
        pair(z, "docs/Twice.md", "docs/tWICE.md")
    elif kind == "case-greek":
        pair(z, "docs/\u03a3.md", "docs/\u03c2.md")
    elif kind == "nfc-and-nfd":
        pair(z, "docs/\u00e9.md", "docs/e\u0301.md")
    elif kind == "file-and-folder":
        pair(z, "docs/x", "docs/x/y.md")
    elif kind == "link":
        z.entries.append(Entry("docs/link.md", b"/etc/passwd", mode=0o120777))
    elif kind == "device":
        z.entries.append(Entry("docs/device.md", mode=0o020666))
    elif kind == "folder-with-bytes":
        z.entries.append(Entry("docs/x/", b"bytes"))
    elif kind == "local-name":
        train.local_name = train.name[:-1] + b"x"
    elif kind == "local-size":
        train.local = {"size": len(train.data) + 1}
    elif kind == "local-crc":
        train.local = {"crc": train.crc ^ 1}
    elif kind == "crc":
        train.crc ^= 1
    elif kind == "size-lie":
        train.size = len(train.data) + 5
    elif kind == "size-huge":
        train.size = train.packed = 0x7FFFFFFF
    elif kind == "bit-encrypted":
        train.flags |= 1
    elif kind == "method":
        train.method = 14
    elif kind == "not-deflated":
        train.method = 8
    elif kind == "hidden-bytes":
        train.behind = b"hidden"
    elif kind == "descriptor-lie":
        train.flags |= 8
        train.local = {"crc": 0, "packed": 0, "size": 0}
        train.behind = struct.pack("<4sIII", b"PK\7\10", train.crc, len(train.data) + 1, len(train.data))
    elif kind == "descriptor-missing":
        train.flags |= 8
    elif kind == "zip64-overflow":
        train.size = train.packed = 0xFFFFFFFF
        train.extra = struct.pack("<HHQQ", 1, 16, 2**64 - 1, 2**64 - 1)
    elif kind == "zip64-short":
        train.size = train.packed = 0xFFFFFFFF
        train.extra = struct.pack("<HHQ", 1, 8, len(train.data))
    elif kind == "zip64-other":
        train.extra = struct.pack("<HHQQ", 1, 16, 1, 1)
    elif kind == "second-name":
        train.extra = struct.pack("<HHBI", 0x7075, 6, 1, 0) + b"x"
    elif kind == "times":
        train.extra = train.local_extra = struct.pack("<HHBI", 0x5455, 5, 1, 1)
    elif kind == "before":
        z.before = b"#!/bin/sh\nexit\n"
    elif kind == "after":
        z.after = b"more"
    elif kind == "comment":
        z.comment = b"a comment"
    elif kind == "count-low":
        z.count = len(z.entries) - 1
    elif kind == "count-high":
        z.count = len(z.entries) + 1
    elif kind == "second-manifest":
        z.entries.append(Entry("manifest.json", b"{}"))
    elif kind == "unlisted":
        z.entries.append(Entry("docs/more.md", b"more"))
    elif kind == "order":
        z.entries[1], z.entries[2] = z.entries[2], z.entries[1]
    elif kind == "content":
        train.data = train.data.replace(b"epochs", b"epoch5", 1)
        train.crc = zlib.crc32(train.data)
    elif kind == "json-deep":
        train.data = b"[" * 100000
        train.crc = zlib.crc32(train.data)
    elif kind == "json-large":
        train.data = b'{"a": "' + b"a" * (17 << 20) + b'"}'
        train.crc = zlib.crc32(train.data)
    elif kind == "json-many":
        train.data = b"[" + b"0," * 2000000 + b"0]"
        train.crc = zlib.crc32(train.data)
    elif kind == "many-files":
        z.entries += [Entry("docs/%d.md" % i) for i in range(30000)]
    elif kind == "nested":
        z.entries.append(Entry("docs/nested.zip", b"".join(e.write_local() for e in z.entries)))
    elif kind == "bomb":
        bomb(z)
    elif kind == "overlap":
        overlap(z)
    else:
        sys.exit("unknown kind " + kind)


archive = Zip(sys.argv[1])
spoil(archive, sys.argv[3])
archive.write(sys.argv[2])
