// pgjdbc against the server whose URL is the first argument: says "done", or what is not as it should be.
import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

public class Client {
    static void same(Object expected, Object found) {
        if (!Objects.equals(expected, found)) throw new AssertionError("expected " + expected + ", found " + found);
    }

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            DatabaseMetaData about = connection.getMetaData();
            same("PostgreSQL", about.getDatabaseProductName());
            List<String> names = new ArrayList<>();
            try (ResultSet tables = about.getTables(null, "public", "%", new String[] {"TABLE"})) {
                while (tables.next()) names.add(tables.getString("TABLE_NAME"));
            }
            same(List.of("posts", "users"), names);
            List<String> columns = new ArrayList<>();
            try (ResultSet found = about.getColumns(null, "public", "users", null)) {
                while (found.next()) columns.add(found.getString("COLUMN_NAME") + " " + found.getString("TYPE_NAME"));
            }
            same(List.of("id int8", "name text", "email text", "active bool"), columns);
            try (ResultSet keys = about.getPrimaryKeys(null, "public", "users")) {
                same(true, keys.next());
                same("id", keys.getString("COLUMN_NAME"));
            }
            try (ResultSet keys = about.getImportedKeys(null, "public", "posts")) {
                same(true, keys.next());
                same("users", keys.getString("PKTABLE_NAME"));
            }
            try (ResultSet indexes = about.getIndexInfo(null, "public", "users", true, false)) {
                same(true, indexes.next());
            }

            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE kinds (id serial PRIMARY KEY, i int, n numeric(8,2), b boolean,"
                    + " t timestamp, d date, y bytea, a int[], u uuid)");
            }
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO kinds (i, n, b, t, d, y, a, u) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    Statement.RETURN_GENERATED_KEYS)) {
                for (int n = 1; n <= 12; n++) {  // from the fifth time on in binary
                    insert.setInt(1, n);
                    insert.setBigDecimal(2, new BigDecimal("12.50"));
                    insert.setBoolean(3, n % 2 == 0);
                    insert.setTimestamp(4, Timestamp.valueOf("2024-05-06 07:08:09.5"));
                    insert.setDate(5, java.sql.Date.valueOf("2024-05-06"));
                    insert.setBytes(6, new byte[] {0, (byte) 255});
                    insert.setArray(7, connection.createArrayOf("int4", new Integer[] {1, null}));
                    insert.setObject(8, UUID.fromString("550e8400-e29b-41d4-a716-446655440000"));
                    same(1, insert.executeUpdate());
                    try (ResultSet key = insert.getGeneratedKeys()) {
                        key.next();
                        same(n, key.getInt("id"));
                    }
                }
                insert.setInt(1, 100);
                insert.addBatch();
                insert.setInt(1, 101);
                insert.addBatch();
                same(2, insert.executeBatch().length);
            }
            try (PreparedStatement query = connection.prepareStatement("SELECT * FROM kinds WHERE id = ?")) {
                for (int n = 1; n <= 12; n++) {
                    query.setInt(1, n);
                    try (ResultSet row = query.executeQuery()) {
                        row.next();
                        same(n, row.getInt("i"));
                        same(new BigDecimal("12.50"), row.getBigDecimal("n"));
                        same(n % 2 == 0, row.getBoolean("b"));
                        same(Timestamp.valueOf("2024-05-06 07:08:09.5"), row.getTimestamp("t"));
                        same("2024-05-06", row.getDate("d").toString());
                        same(255, row.getBytes("y")[1] & 255);
                        same("550e8400-e29b-41d4-a716-446655440000", row.getObject("u").toString());
                    }
                }
            }

            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(10);  // a portal that is suspended
                int count = 0;
                try (ResultSet rows = statement.executeQuery("SELECT n FROM generate_series(1, 95) AS n")) {
                    while (rows.next()) same(++count, rows.getInt(1));
                }
                same(95, count);
                Savepoint point = connection.setSavepoint();
                try {
                    statement.executeUpdate("INSERT INTO users (id, name) VALUES (1, 'again')");
                    throw new AssertionError("a second row with the same key");
                } catch (SQLException error) {
                    same("23505", error.getSQLState());
                }
                connection.rollback(point);
                same(1, statement.executeUpdate("UPDATE users SET name = 'new' WHERE id = 1"));
            }
            connection.rollback();
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT name FROM users WHERE id = 1")) {
                row.next();
                same("ann", row.getString(1));
            }
            connection.commit();
        }
        System.out.println("done");
    }
}
