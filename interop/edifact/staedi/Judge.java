// Asks StAEDI what is wrong with interchanges: `Judge.java VERSION LIST` reads `schema<TAB>file` lines from
// the list and prints one line of JSON for each: {"file": ..., "found": [[error, segment in the message (UNH is 1), text], ...]}.
import io.xlate.edi.schema.Schema;
import io.xlate.edi.schema.SchemaFactory;
import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

public class Judge {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = Files.newBufferedReader(Path.of(arguments[1]), StandardCharsets.UTF_8);
        String before = "";
        Schema schema = null;
        System.out.println("{\"kit\": \"Maven io.xlate:staedi " + arguments[0] + "\"}");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] asked = line.split("\t");
            String file = asked[1];
            try {
                if (!asked[0].equals(before)) {
                    try (InputStream in = new FileInputStream(asked[0])) {
                        schema = SchemaFactory.newFactory().createSchema(in);
                    }
                    before = asked[0];
                }
                System.out.println("{\"file\": " + quoted(file) + ", \"found\": [" + judge(schema, file) + "]}");
            } catch (Exception e) {
                before = "";
                System.out.println("{\"file\": " + quoted(file) + ", \"refused\": " + quoted(String.valueOf(e)) + "}");
            }
        }
    }

    static String judge(Schema schema, String file) throws Exception {
        List<String> found = new ArrayList<>();
        try (InputStream in = new FileInputStream(file);
                EDIStreamReader reader = EDIInputFactory.newFactory().createEDIStreamReader(in)) {
            while (reader.hasNext()) {
                switch (reader.next()) {
                    case START_TRANSACTION:
                        reader.setTransactionSchema(schema);
                        break;
                    case SEGMENT_ERROR:
                    case ELEMENT_OCCURRENCE_ERROR:
                    case ELEMENT_DATA_ERROR:
                        // UNB is the first segment of the interchange.
                        int at = reader.getLocation().getSegmentPosition() - 1;
                        found.add("[" + quoted(String.valueOf(reader.getErrorType())) + ", " + at + ", "
                                + quoted(reader.getText()) + "]");
                        break;
                    default:
                        break;
                }
            }
        }
        return String.join(", ", found);
    }

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : String.valueOf(text).toCharArray()) {
            out.append(c == '"' || c == '\\' ? "\\" + c : c < ' ' ? " " : String.valueOf(c));
        }
        return out.append('"').toString();
    }
}
