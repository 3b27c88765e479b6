-- Ships that carry cargo
CREATE TABLE fleet.ships (
  ship_id bigint PRIMARY KEY,
  name text NOT NULL,
  "gross tonnage" integer, -- also called tonnage
  launch_date date NOT NULL,
  home_port_id integer REFERENCES geo.ports (port_id)
);
CREATE TABLE fleet.voyages (
  voyage_id bigint PRIMARY KEY,
  ship_id bigint NOT NULL REFERENCES fleet.ships (ship_id),
  origin_port_id integer NOT NULL REFERENCES geo.ports (port_id),
  destination_port_id integer NOT NULL REFERENCES geo.ports (port_id),
  departed_at timestamp with time zone NOT NULL,
  "order" text -- the charter's own reference
);
CREATE TABLE geo.ports (
  port_id integer PRIMARY KEY,
  name text NOT NULL,
  country character(2) NOT NULL,
  depth numeric(5,2)
);
CREATE TABLE fleet.crew_members (
  crew_member_id bigint PRIMARY KEY,
  full_name text NOT NULL,
  mentor_id bigint REFERENCES fleet.crew_members (crew_member_id),
  hired_on date NOT NULL,
  licence_expiry date
);
CREATE TABLE fleet.assignments (
  voyage_id bigint NOT NULL,
  crew_member_id bigint NOT NULL,
  rank text NOT NULL,
  PRIMARY KEY (voyage_id, crew_member_id),
  FOREIGN KEY (voyage_id) REFERENCES fleet.voyages (voyage_id),
  FOREIGN KEY (crew_member_id) REFERENCES fleet.crew_members (crew_member_id)
);
CREATE TABLE geo.readings (
  port_id integer NOT NULL REFERENCES geo.ports (port_id),
  level numeric(5,2) NOT NULL,
  taken_at timestamp without time zone NOT NULL
);
