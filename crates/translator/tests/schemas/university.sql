-- Courses, each offered by one department
CREATE TABLE academics.courses (
  course_id integer PRIMARY KEY,
  department_id integer NOT NULL REFERENCES academics.departments (department_id),
  code character varying(12) NOT NULL,
  title text NOT NULL,
  credits smallint NOT NULL
);
-- Departments that teach; also called faculties
CREATE TABLE academics.departments (
  department_id integer PRIMARY KEY,
  name text NOT NULL,
  code character varying(8) NOT NULL -- The short form, as in course codes
);
-- A student in a course in one semester
CREATE TABLE academics.enrollments (
  enrollment_id integer PRIMARY KEY,
  student_id integer NOT NULL REFERENCES academics.students (student_id),
  course_id integer NOT NULL REFERENCES academics.courses (course_id),
  semester character varying(6) NOT NULL,
  year smallint NOT NULL,
  grade character varying(2) -- A to F; null while the course runs
);
-- Everybody who ever enrolled at the university
CREATE TABLE academics.students (
  student_id integer PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  date_of_birth date NOT NULL,
  enrollment_date date NOT NULL, -- First day at the university
  major_department_id integer REFERENCES academics.departments (department_id) -- Null until a major is declared
);
-- Buildings that the university owns
CREATE TABLE facilities.buildings (
  building_id integer PRIMARY KEY,
  name text NOT NULL,
  address text NOT NULL,
  construction_year smallint NOT NULL
);
-- Things with a number on them; also called devices
CREATE TABLE facilities.equipment (
  equipment_id integer PRIMARY KEY,
  room_id integer NOT NULL REFERENCES facilities.rooms (room_id),
  name text NOT NULL,
  purchase_date date NOT NULL,
  last_maintenance_date date -- Null where it was never serviced
);
CREATE TABLE facilities.rooms (
  room_id integer PRIMARY KEY,
  building_id integer NOT NULL REFERENCES facilities.buildings (building_id),
  room_number character varying(8) NOT NULL,
  capacity smallint NOT NULL, -- How many people it seats; also called seats
  room_type text NOT NULL
);
-- Who works on a project, and as what
CREATE TABLE research.project_members (
  project_id integer NOT NULL REFERENCES research.projects (project_id),
  employee_id integer NOT NULL REFERENCES staff.employees (employee_id),
  role text NOT NULL,
  PRIMARY KEY (project_id, employee_id)
);
-- Research projects, past and present
CREATE TABLE research.projects (
  project_id integer PRIMARY KEY,
  title text NOT NULL,
  description text,
  start_date date NOT NULL,
  end_date date, -- Null while no end is set
  funding_amount numeric(12,2) NOT NULL -- All money granted, in euros; also called budget
);
-- Articles in journals; also called papers or articles
CREATE TABLE research.publications (
  publication_id integer PRIMARY KEY,
  title text NOT NULL,
  authors text NOT NULL, -- As printed, apart by semicolons
  publication_date date NOT NULL,
  journal text NOT NULL,
  doi text
);
-- Everybody on the payroll
CREATE TABLE staff.employees (
  employee_id integer PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email text NOT NULL,
  hire_date date NOT NULL,
  position text NOT NULL
);
-- What an employee earns from a date on, until the next row
CREATE TABLE staff.salaries (
  salary_id integer PRIMARY KEY,
  employee_id integer NOT NULL REFERENCES staff.employees (employee_id),
  amount numeric(12,2) NOT NULL, -- Gross pay for a year, in euros
  effective_date date NOT NULL
);
