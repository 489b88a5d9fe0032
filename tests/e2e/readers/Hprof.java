// Reads an HPROF file with VisualVM's heap library, and prints as JSON what it says: the sum of all sizes; for each
// object its number, class, size, what it keeps alive, its address (0 where the file has none), how many objects it
// refers to and the sum of their numbers; the static fields and the roots on stacks that refer to something.
//
//   java -cp JAR Hprof.java FILE
import java.io.File;
import java.io.PrintStream;
import java.util.List;
import org.graalvm.visualvm.lib.jfluid.heap.ArrayItemValue;
import org.graalvm.visualvm.lib.jfluid.heap.FieldValue;
import org.graalvm.visualvm.lib.jfluid.heap.GCRoot;
import org.graalvm.visualvm.lib.jfluid.heap.Heap;
import org.graalvm.visualvm.lib.jfluid.heap.HeapFactory;
import org.graalvm.visualvm.lib.jfluid.heap.Instance;
import org.graalvm.visualvm.lib.jfluid.heap.JavaClass;
import org.graalvm.visualvm.lib.jfluid.heap.JavaFrameGCRoot;
import org.graalvm.visualvm.lib.jfluid.heap.ObjectArrayInstance;
import org.graalvm.visualvm.lib.jfluid.heap.ObjectFieldValue;
import org.graalvm.visualvm.lib.jfluid.heap.ThreadObjectGCRoot;

public class Hprof {
    private static long references, sum;

    private static void count(Instance to) {
        if (to == null) return;
        references++;
        sum += to.getInstanceId();
    }

    private static void countReferences(Instance one) {
        references = sum = 0;
        if (one instanceof ObjectArrayInstance array) {
            for (Instance to : (List<Instance>) array.getValues()) count(to);
            return;
        }
        for (FieldValue value : (List<FieldValue>) one.getFieldValues())
            if (value instanceof ObjectFieldValue field) count(field.getInstance());
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    public static void main(String[] words) throws Exception {
        Heap heap = HeapFactory.createHeap(new File(words[0]));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        out.print("{\"bytes\":" + heap.getSummary().getTotalLiveBytes() + ",\"count\":" + heap.getSummary().getTotalLiveInstances() + ",\"objects\":[");
        String comma = "";
        for (JavaClass one : (List<JavaClass>) heap.getAllClasses()) {
            for (Instance object : (List<Instance>) one.getInstances()) {
                countReferences(object);
                Object address = object.getValueOfField("(address)");
                out.print(comma + "[" + object.getInstanceId() + "," + quoted(one.getName()) + "," + object.getSize() + "," + object.getRetainedSize() + ","
                    + (address == null ? 0 : address) + "," + references + "," + sum + "," + (object.getNearestGCRootPointer() != null || heap.getGCRoots(object) != null) + "]\n");
                comma = ",";
            }
        }
        out.print("],\"statics\":[");
        comma = "";
        for (JavaClass one : (List<JavaClass>) heap.getAllClasses())
            for (FieldValue value : (List<FieldValue>) one.getStaticFieldValues())
                if (value instanceof ObjectFieldValue field && field.getInstance() != null && !value.getField().getName().startsWith("<")) {
                    out.print(comma + "[" + quoted(one.getName()) + "," + quoted(value.getField().getName()) + "," + field.getInstance().getInstanceId() + "]\n");
                    comma = ",";
                }
        out.print("],\"frames\":[");
        comma = "";
        for (GCRoot root : heap.getGCRoots())
            if (root instanceof JavaFrameGCRoot frame) {
                ThreadObjectGCRoot thread = frame.getThreadGCRoot();
                StackTraceElement[] trace = thread.getStackTrace();
                String at = frame.getFrameNumber() < 0 ? "" : trace[frame.getFrameNumber()].toString();
                out.print(comma + "[" + thread.getInstance().getValueOfField("tid") + "," + quoted(at) + "," + root.getInstance().getInstanceId() + "]\n");
                comma = ",";
            }
        out.print("]}\n");
        out.flush();
    }
}
