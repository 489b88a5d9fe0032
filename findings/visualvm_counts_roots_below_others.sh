#!/bin/sh
# Finding: VisualVM counts an object that is a root itself as kept alive by the object that refers to it.
#
# The heap library of VisualVM 2.1.5 (Debian 12): the object A refers to B and C, which refer to nothing, and a frame of a
# thread refers to B as well. Without A, C would be free and B would stay: A retains its own 16 bytes and C's 16. It is
# said to retain 48. If A refers to B alone, B is left out, as it should be.
#
# Seen on 2026-11-30:
#   of A -> B:    A retains 16 bytes
#   of A -> B, C: A retains 48 bytes
#
# Writes the files by hand, reads them with the library (a JDK must be there), and fails if this changes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$root/tools/install_packages" unpack bookworm "$folder/visualvm" visualvm >/dev/null 2>&1
jar=visualvm/usr/share/visualvm/visualvm/modules/org-graalvm-visualvm-lib-jfluid-heap.jar
python3 - <<'PY'
import struct

u1, u2, u4, u8 = (lambda n, f=f: struct.pack(f, n) for f in (">B", ">H", ">I", ">Q"))
names = ["java/lang/Object", "java/lang/Class", "java/lang/Thread", "A", "B", "java/lang/ref/Reference", "java/lang/ref/SoftReference",
         "java/lang/ref/WeakReference", "java/lang/ref/FinalReference", "java/lang/ref/PhantomReference", "next", "holder", "referent"]


def record(tag, body):
    return u1(tag) + u4(0) + u4(len(body)) + body


def class_dump(row, bytes, fields=b"", statics=b"", above=0):
    return b"\x20" + u4(100 + row) + u4(1) + u4(0 if row == 0 else 100 + above) + u4(0) * 5 + u4(bytes) + u2(0) + (statics or u2(0)) + (fields or u2(0))


def instance(number, row, data):
    return b"\x21" + u4(number) + u4(1) + u4(100 + row) + u4(len(data)) + data


for name, second in (("one", 0), ("two", 203)):
    file = b"JAVA PROFILE 1.0.2\0" + u4(4) + u8(0)
    file += b"".join(record(1, u4(1 + row) + text.encode()) for row, text in enumerate(names))
    file += b"".join(record(2, u4(row + 1) + u4(100 + row) + u4(1) + u4(1 + row)) for row in range(10))
    file += record(5, u4(1) + u4(0) + u4(0)) + record(5, u4(2) + u4(1) + u4(0))
    heap = class_dump(0, 8) + class_dump(1, 8) + class_dump(2, 8) + class_dump(4, 16)
    heap += class_dump(5, 8, u2(1) + u4(13) + u1(2)) + b"".join(class_dump(row, 8, above=5) for row in range(6, 10))
    heap += class_dump(3, 16, u2(2) + (u4(11) + u1(2)) * 2, u2(1) + u4(12) + u1(2) + u4(201))
    heap += b"".join(b"\x05" + u4(100 + row) for row in range(10))
    heap += instance(200, 2, b"") + b"\x08" + u4(200) + u4(1) + u4(2)
    heap += instance(201, 3, u4(202) + u4(second)) + instance(202, 4, b"") + instance(203, 4, b"")
    heap += b"\x03" + u4(202) + u4(1) + u4(0xFFFFFFFF)
    open(f"{name}.hprof", "wb").write(file + record(0x1C, heap) + record(0x2C, b""))
PY
cat >Read.java <<'JAVA'
import java.io.File;
import org.graalvm.visualvm.lib.jfluid.heap.HeapFactory;

public class Read {
    public static void main(String[] words) throws Exception {
        System.out.println(HeapFactory.createHeap(new File(words[0])).getInstanceByID(201).getRetainedSize());
    }
}
JAVA
one=$(java -cp "$jar" Read.java one.hprof) two=$(java -cp "$jar" Read.java two.hprof)
echo "of A -> B:    A retains $one bytes"
echo "of A -> B, C: A retains $two bytes"
[ "$one" = 16 ] && [ "$two" = 48 ]
