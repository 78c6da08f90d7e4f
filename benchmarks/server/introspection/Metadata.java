// Asks all that pgjdbc's DatabaseMetaData knows to ask, of the server whose URL is the first argument.
import java.sql.*;

public class Metadata {
    static void read(ResultSet rows) throws SQLException {
        try (rows) {
            while (rows.next()) rows.getObject(1);
        }
    }

    interface Asking {
        void run() throws SQLException;
    }

    static void ask(String name, Asking asking) {
        try {
            asking.run();
        } catch (SQLException error) {
            System.err.println(name + ": " + error.getMessage());
        }
    }

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            DatabaseMetaData about = connection.getMetaData();
            ask("catalogs", () -> read(about.getCatalogs()));
            ask("schemas", () -> read(about.getSchemas()));
            ask("table types", () -> read(about.getTableTypes()));
            ask("tables", () -> read(about.getTables(null, null, "%", null)));
            ask("public tables", () -> read(about.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"})));
            ask("indexes", () -> read(about.getTables(null, "public", "%", new String[] {"INDEX", "SEQUENCE"})));
            for (String table : new String[] {"authors", "books", "lines", "recent"}) {
                ask("columns", () -> read(about.getColumns(null, "public", table, null)));
                ask("primary keys", () -> read(about.getPrimaryKeys(null, "public", table)));
                ask("imported keys", () -> read(about.getImportedKeys(null, "public", table)));
                ask("exported keys", () -> read(about.getExportedKeys(null, "public", table)));
                ask("index info", () -> read(about.getIndexInfo(null, "public", table, false, false)));
                ask("best row", () -> read(about.getBestRowIdentifier(null, "public", table, 0, true)));
                ask("version columns", () -> read(about.getVersionColumns(null, "public", table)));
                ask("table rights", () -> read(about.getTablePrivileges(null, "public", table)));
                ask("column rights", () -> read(about.getColumnPrivileges(null, "public", table, "%")));
            }
            ask("cross", () -> read(about.getCrossReference(null, "public", "authors", null, "public", "books")));
            ask("types", () -> read(about.getUDTs(null, null, "%", null)));
            ask("functions", () -> read(about.getFunctions(null, "public", "%")));
            ask("procedures", () -> read(about.getProcedures(null, "public", "%")));
            ask("procedure columns", () -> read(about.getProcedureColumns(null, "public", "%", "%")));
            ask("function columns", () -> read(about.getFunctionColumns(null, "public", "%", "%")));
            ask("client properties", () -> read(about.getClientInfoProperties()));
            ask("keywords", () -> about.getSQLKeywords());
            ask("name length", () -> about.getMaxTableNameLength());
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT * FROM books")) {
                ResultSetMetaData columns = rows.getMetaData();
                for (int at = 1; at <= columns.getColumnCount(); at++) {
                    columns.getTableName(at);
                    columns.isNullable(at);
                    columns.isAutoIncrement(at);
                }
            }
            ask("an array", () -> connection.createArrayOf("uuid", new Object[] {}));
        }
    }
}
