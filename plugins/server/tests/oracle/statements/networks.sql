-- Addresses of networks and machines.
SELECT '10.1.2.3/32'::inet, '10.1.2.3/8'::inet, '10.0.0.0/8'::cidr, '10/8'::cidr, '192.168'::cidr, '::1'::inet, 'FE80::0001/64'::inet, '::ffff:1.2.3.4'::inet;
SELECT '08002b:010203'::macaddr, '08-00-2B-01-02-03'::macaddr, '08002b010203'::macaddr, '0800.2b01.0203'::macaddr, '0800-2b01-0203'::macaddr;
SELECT 'nonsense'::inet;
SELECT '10.1.2.3/33'::inet;
SELECT '10.1.2.3/8'::cidr;
SELECT '08002b0102zz'::macaddr;
SELECT '224.1'::cidr, '130.1'::cidr, '1'::cidr, '240'::cidr;
SELECT 'x'::cidr;
SELECT '10.0.0.1'::inet < '9.0.0.1'::inet, '10.0.0.1/24'::inet = '10.0.0.1'::inet, '10.0.0.1/24'::inet > '10.0.0.1'::inet, '::1'::inet > '255.255.255.255'::inet, '10.0.0.0/8'::inet = '10.0.0.0/8'::cidr;
CREATE TABLE n (a inet, b cidr, m macaddr);
INSERT INTO n VALUES ('192.168.1.5/32', '10.0.0.0/8', '08002b010203'), ('9.1.1.1', '10/8', '08-00-2B-01-02-04'), (NULL, NULL, NULL) RETURNING *;
INSERT INTO n VALUES ('x');
INSERT INTO n (m) VALUES ('1');
SELECT a FROM n ORDER BY a;
SELECT a FROM n ORDER BY b, m;
SELECT max(a), min(a), max(b) FROM n;
SELECT max(m) FROM n;
SELECT a << '192.168.0.0/16', a <<= '9.1.1.1', '9.0.0.0/8' >> a, a && '9.1.1.0/24' FROM n ORDER BY a;
SELECT host(a), masklen(b), network(a), family(a), a::text, b::text FROM n ORDER BY a;
SELECT a FROM n WHERE a = '9.1.1.1/32';
SELECT a FROM n WHERE a BETWEEN '9.0.0.0' AND '10.0.0.0';
SELECT a FROM n WHERE b = '10.0.0.0/8' ORDER BY a DESC;
-- refused: 42883
SELECT a + 1 FROM n;
SELECT a || 'x', m || 'y' FROM n ORDER BY a;
SELECT a = 'x' FROM n;
SELECT a = m FROM n;
SELECT array['10.0.0.1', '9.0.0.1']::inet[];
SELECT broadcast('192.168.1.5/24'::inet), netmask('192.168.1.5/24'::inet), hostmask('192.168.1.5/24'::inet), set_masklen('192.168.1.5/24'::inet, 16), inet_same_family('1.2.3.4', '::1');
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'n' ORDER BY 1;
-- refused: 0A000
SELECT '(1,2)'::point;
-- refused: 0A000
SELECT '101'::bit(3);
-- refused: 0A000
SELECT '<a/>'::xml;
